// Passkeys: a form with data-passkey asks the device when it is sent, and sends the device's answer as JSON. The options
// of the server stand in a JSON script whose id is in data-options. Without script, or without WebAuthn, it stays hidden.

function toBytes(text) {
  const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function toText(buffer) {
  const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(characters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function forDevice(options) {
  const found = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) found.user = { ...options.user, id: toBytes(options.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) found[list] = options[list].map((entry) => ({ ...entry, id: toBytes(entry.id) }));
  }
  return found;
}

function forServer(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: toText(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = toText(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = toText(response.authenticatorData);
    answer.signature = toText(response.signature);
    answer.userHandle = response.userHandle ? toText(response.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function ask(form) {
  const options = JSON.parse(document.getElementById(form.dataset.options).textContent);
  const request = { publicKey: forDevice(options.publicKey) };
  const credential = await navigator.credentials[form.dataset.passkey](request);
  form.elements.credential.value = JSON.stringify(forServer(credential));
}

function prepare(form) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    const complaint = form.querySelector("[data-passkey-error]");
    complaint.hidden = true;
    try {
      await ask(form);
    } catch {
      complaint.hidden = false;
      return;
    }
    form.submit();
  });
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
}
