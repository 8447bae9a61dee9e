// Translates one sentence with the model of the server. It replaces `translator.js` of the page that runs a model itself.

// Number of Unicode code points of the longest sentence. The server sets it.
export const LONGEST_SENTENCE = Number("{{longest}}");

export function runtimeName() {
  return "server";
}

// Returns a function from a sentence to its translations, best first: [{ text, score }, …].
//
// model: { address }, the file `model.json`.
export async function loadTranslator(script, wasm, { address }) {
  return async function translate(sentence) {
    const request = { signature_name: "n_best", inputs: { text: [sentence] } };
    const body = JSON.stringify(request), headers = { "Content-Type": "application/json" };
    const response = await fetch(address, { method: "POST", body, headers });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    const { translations, scores } = answer.outputs;
    return translations[0].map((text, i) => ({ text, score: scores[0][i] }));
  };
}
