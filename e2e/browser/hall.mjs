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
