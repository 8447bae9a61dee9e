// Registers the service worker, which browsers allow with HTTPS and on localhost only.

// show: called with a text. updateButton: shown if a new version of the page is ready.
export async function keepOffline(runtime, words, show, updateButton) {
  if (!("serviceWorker" in navigator)) return show(words.offline_needs_https);
  const { serviceWorker } = navigator;
  try {
    const registration = await serviceWorker.register(`service_worker.js?runtime=${runtime}`);
    watch(registration, updateButton);
    await isActive(registration, words.offline_incomplete);
    show(words.offline);
  } catch (error) {
    show(words.offline_failed.replace("{message}", error.message));
  }
}

// Waits for the first version. It raises an error if the version cannot keep its files: `serviceWorker.ready` would wait
// forever.
function isActive(registration, message) {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  return new Promise((resolve, reject) => {
    const check = () => {
      if (!worker || worker.state === "redundant") reject(new Error(message));
      else if (["activating", "activated"].includes(worker.state)) resolve();
    };
    worker?.addEventListener("statechange", check);
    check();
  });
}

function watch(registration, button) {
  const offer = () => {
    if (!registration.waiting || !registration.active) return;
    button.hidden = false;
    button.onclick = () => {
      const { waiting } = registration;
      if (!waiting) return location.reload(); // Another window has loaded it.
      // A page after a hard reload has no service worker that could change.
      waiting.addEventListener("statechange", () => waiting.state === "activated" && location.reload());
      waiting.postMessage("activate");
    };
  };
  registration.addEventListener("updatefound", () => registration.installing.addEventListener("statechange", offer));
  offer();
}
