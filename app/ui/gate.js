// Keeps the token of this very address (scheme, name and port) in the browser, and gives it back to a visit that came without it.

const PLACE = "specviz-token";

export default function ({ data, setTriggerValue }) {
  let token = "";
  try {
    if (data.token) {
      localStorage.setItem(PLACE, data.token);
    }
    token = localStorage.getItem(PLACE) ?? "";
  } catch {
    // a browser that keeps nothing: the address from the terminal works all the same
  }
  if (data.question && data.question !== answered) {
    answered = data.question;
    setTriggerValue("kept", { token });
  }
}

let answered = ""; // once a visit: a second answer would break off the page's drawing
