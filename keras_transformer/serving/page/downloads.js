// Returns the description of the server's model. No model is downloaded.
export async function downloaded() {
  const response = await fetch("model.json");
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return [null, answer];
}
