// Talking to the server: JSON there and back. A newer question overtakes an older one.
export class Refused extends Error {
  constructor(answer) {
    super(answer.message ?? "The server did not take this.");
    this.answer = answer;
  }
}

const SIGNED_OUT = "You are signed out. Sign in in another tab; your changes are kept on this page.";

// An answer's data. The sign-in page, which is no JSON, is no success.
const taken = async (answer) => {
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  const data = isJson ? await answer.json() : {};
  if (answer.ok && isJson) return data;
  throw new Refused(answer.redirected ? { message: SIGNED_OUT } : data);
};

export const createApi = (urls, token) => {
  const running = new Map();

  const send = async (name, body) => {
    running.get(name)?.abort();
    const turn = new AbortController();
    running.set(name, turn);
    const answer = await fetch(urls[name], {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      signal: turn.signal,
    });
    return taken(answer);
  };

  const get = async (name, query) => {
    const answer = await fetch(`${urls[name]}?${new URLSearchParams(query)}`, {
      headers: { Accept: "application/json" },
    });
    return taken(answer);
  };
  return { send, get };
};

export const isOvertaken = (error) => error.name === "AbortError";

// Calls `act` once nothing has asked for it for a while.
export const later = (act, milliseconds) => {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), milliseconds);
  };
};
