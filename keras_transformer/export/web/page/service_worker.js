// Keeps the files of the page, so that it opens without a network. The export sets the next two lines.
const VERSION = "{{version}}";
const FILES = ["{{files}}"];
// Some servers do not serve this file.
const CARD = "README.md";

// The page gives the name of the runtime that it uses. The other one is not kept.
const runtime = new URL(self.location).searchParams.get("runtime");
const OF_SITE = `keras-transformer ${self.registration.scope} `;
const CACHE = `${OF_SITE}${VERSION}`;

async function install() {
  const files = [...FILES, `litert/${runtime}.js`, `litert/${runtime}.wasm`];
  const cache = await caches.open(CACHE);
  // Unchanged files are not transferred again.
  const request = (file) => new Request(file, { cache: "no-cache" });
  await cache.addAll(files.filter((file) => file !== CARD).map(request));
  await cache.add(request(CARD)).catch(() => {});
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(OF_SITE) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(self.registration.scope)) event.respondWith(answer(event.request));
});
// The user accepts a new version. The page then loads again.
self.addEventListener("message", ({ data }) => data === "activate" && self.skipWaiting());
