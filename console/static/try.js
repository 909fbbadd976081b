// Sends a request of the API with the token that was typed, and shows the answer as text.
for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector(".answer");
    const headers = { Authorization: `Bearer ${document.getElementById("token").value}` };
    const query = new URLSearchParams();
    let path = form.dataset.path;
    for (const input of form.querySelectorAll("[data-in]")) {
      if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
      else if (input.value && input.dataset.in === "query") query.set(input.name, input.value);
      else if (input.value) headers[input.name] = input.value;
    }
    const body = form.elements.body?.value;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      const address = query.size ? `${path}?${query}` : path;
      const answer = await fetch(address, { method: form.dataset.method, headers, body, credentials: "omit" });
      const link = answer.headers.get("Link");
      shown.textContent = `${answer.status} ${answer.statusText}\n${link ? `Link: ${link}\n` : ""}${await answer.text()}`;
    } catch (error) {
      shown.textContent = String(error);
    }
  });
}
