// The simulated hall, as somebody who stands in front of its keypads sees it.
import assert from 'node:assert/strict';

export class Hall {
  constructor(page, url) {
    this.page = page;
    this.url = url;
  }

  static async open(visitor, world) {
    const page = await visitor.context.newPage();
    await page.goto(world.hall);
    return new Hall(page, world.hall);
  }

  door(number) {
    return this.page.locator(`section[data-door="${number}"]`);
  }

  async type(number, code) {
    for (const key of `${code}#`) await this.door(number).locator(`[data-key="${key}"]`).click();
  }

  /** The scanner beside a door's keypad. */
  scanner(number) {
    return this.door(number).locator('[data-scanner]');
  }

  /** Holds a code up to the scanner at a door. */
  async holdUp(number, text) {
    const scanner = this.scanner(number);
    await scanner.and(this.page.locator('[data-connected="true"]')).waitFor();
    await scanner.locator('input[name="text"]').fill(text);
    await scanner.getByRole('button', { name: 'Håll upp koden' }).click();
  }

  async scannerShows(number, indicator) {
    await this.scanner(number).and(this.page.locator(`[data-indicator="${indicator}"]`)).waitFor();
  }

  /** Holds the first sample tag against the reader at a door. */
  async holdTag(number) {
    await this.door(number).locator('.tags .samples button').first().click();
  }

  async shows(number, attribute, value) {
    await this.page.waitForSelector(`section[data-door="${number}"][data-${attribute}="${value}"]`);
  }

  async push(number) {
    await this.door(number).locator('form[action$="/push"] button').click();
  }

  async isLit(zone) {
    await this.page.waitForSelector(`[data-zone="${zone}"][data-lit="true"]`);
  }

  async state() {
    const answer = await fetch(`${this.url}/state`);
    assert.equal(answer.status, 200);
    return answer.json();
  }
}
