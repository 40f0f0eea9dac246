// Keeps the token of this very address (scheme, name and port) in the browser, and gives it back to a page that came without it.

const PLACE = "specviz-token";

export default function ({ data, setTriggerValue }) {
  try {
    if (data.token) {
      localStorage.setItem(PLACE, data.token);
    } else if (!asked && localStorage.getItem(PLACE)) {
      asked = true;
      setTriggerValue("kept", localStorage.getItem(PLACE));
    }
  } catch {
    // a browser that keeps nothing: the address from the terminal works all the same
  }
}

let asked = false; // once a visit: an old token is no use twice
