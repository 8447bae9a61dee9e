// Returns the bytes of files. `report` is called with the number of bytes that have arrived, of all files together.
export async function downloaded(addresses, report) {
  const arrived = addresses.map(() => 0);
  return Promise.all(
    addresses.map((address, i) =>
      download(address, (bytes) => {
        arrived[i] = bytes;
        report(arrived.reduce((sum, bytes) => sum + bytes, 0));
      }),
    ),
  );
}

async function download(address, report) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  const chunks = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    length += next.value.length;
    report(length);
  }
  const bytes = new Uint8Array(length);
  chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.length), 0);
  return bytes;
}
