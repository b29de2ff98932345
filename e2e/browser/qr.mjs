// Reads a QR code off a page, as the scanner at the door would.
import assert from 'node:assert/strict';

import jsQR from 'jsqr';

/** Pixels of one module: enough for a reader that looks for edges. */
const SCALE = 6;

/** The text of the QR code in `svg`, a locator of the page's picture. */
export async function readQr(svg) {
  const edge = Number((await svg.getAttribute('viewBox')).split(' ')[2]);
  const path = await svg.locator('path').getAttribute('d');
  const width = edge * SCALE;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = y * SCALE; row < (Number(y) + 1) * SCALE; row += 1) {
      for (let column = x * SCALE; column < (Number(x) + Number(length)) * SCALE; column += 1) {
        pixels.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3);
      }
    }
  }
  const read = jsQR(pixels, width, width);
  assert.ok(read, 'the picture is a QR code');
  return read.data;
}
