// The page needs the server, so nothing is kept for offline use.
export function keepOffline() {}
