// From a phone's camera photos are ten times larger than what is kept of them. A comfort: nothing needs it.
"use strict";

(() => {
  const LONGEST_SIDE = 1600;
  const SMALL_BYTES = 500000;

  // What this browser cannot read goes as it is: the server has a sentence for it.
  async function shrunk(file) {
    if (file.size < SMALL_BYTES) return file;
    const image = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const paper = canvas.getContext("2d");
    paper.fillStyle = "white";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const small = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
    return small.size < file.size ? new File([small], file.name, { type: small.type }) : file;
  }

  // Sent before this is done, they go as they are.
  addEventListener("change", async ({ target }) => {
    if (target.type !== "file") return;
    const chosen = [...target.files];
    const lighter = new DataTransfer();
    for (const file of chosen) lighter.items.add(await shrunk(file).catch(() => file));
    const isStillChosen = [...target.files].every((file, n) => file === chosen[n]);
    if (isStillChosen && target.files.length === chosen.length) target.files = lighter.files;
  });
})();
