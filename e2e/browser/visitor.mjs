// People with browsers: a phone or a desk, and what they do on the pages. Every page they stop at is checked
// for accessibility.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

import { people } from './provider.mjs';

const screens = path.resolve(import.meta.dirname, '../../target/screens');
const pictures = path.resolve(import.meta.dirname, '../../docs/pictures');
const phone = { width: 360, height: 740 };
const desk = { width: 1440, height: 900 };
const sizes = { 360: phone, 768: { width: 768, height: 1024 }, 1440: desk };

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** Ends everything that a file of tests has begun, whatever its visitors met: what goes on would keep the run from ending. */
export async function end(visitors, browser, world) {
  try {
    for (const visitor of visitors) await visitor?.close();
  } finally {
    await browser?.close();
    await world?.stop();
  }
}

export class Visitor {
  static async with(browser, world, { language = 'sv-SE', scripts = true } = {}) {
    const context = await browser.newContext({ viewport: phone, hasTouch: true, locale: language, javaScriptEnabled: scripts });
    const page = await context.newPage();
    const visitor = new Visitor();
    Object.assign(visitor, { context, page, world, refused: [] });
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) visitor.refused.push(`${page.url()}: ${message.text()}`);
    });
    return visitor;
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.refused, [], 'the content security policy refused something');
  }

  /** No violation of WCAG 2.2 A or AA on the page as it stands, and nothing wider than the window. */
  async isAccessible(what) {
    const { violations } = await new AxeBuilder({ page: this.page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze();
    const told = violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.map((n) => n.html).join('\n  ')}`);
    assert.deepEqual(told, [], `${what} is not accessible`);
    await this.fits(what);
  }

  /** Nothing on the page is wider than the window. */
  async fits(what) {
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${what} is ${wide} px wider than the window`);
  }

  /**
   * Pictures of the page on a phone and on a desk. With HALLPORT_PICTURES set, what a desk shows without
   * scrolling becomes the README's picture of that name too.
   */
  async picture(name) {
    await fs.mkdir(screens, { recursive: true });
    for (const [size, viewport] of Object.entries({ 360: phone, 1440: desk })) {
      await this.page.setViewportSize(viewport);
      await this.page.screenshot({ path: path.join(screens, `${name}-${size}.png`), fullPage: true });
    }
    if (process.env.HALLPORT_PICTURES && ['week', 'hall'].includes(name)) {
      await fs.mkdir(pictures, { recursive: true });
      await this.page.evaluate(() => scrollTo(0, 0));
      await this.page.screenshot({ path: path.join(pictures, `${name}.png`) });
    }
    await this.page.setViewportSize(phone);
  }

  /**
   * The page as it stands, on a phone, a tablet and a desk, in light and in dark: nothing beyond an edge anywhere, and
   * accessible on a phone in light and on a desk in dark. With `pictured`, or with HALLPORT_PICTURES set, a picture of
   * each.
   */
  async look(name, { pictured = true } = {}) {
    const { page } = this;
    const pictures = pictured || process.env.HALLPORT_PICTURES;
    await fs.mkdir(screens, { recursive: true });
    for (const scheme of ['light', 'dark']) {
      // Without movement, or buttons are on their way from one colour to the other.
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      for (const [width, size] of Object.entries(sizes)) {
        await page.setViewportSize(size);
        const what = `${name} at ${width} px in ${scheme}`;
        if ((size === phone && scheme === 'light') || (size === desk && scheme === 'dark')) await this.isAccessible(what);
        else await this.fits(what);
        if (pictures) {
          await page.screenshot({ path: path.join(screens, `${name}-${width}-${scheme}.png`), fullPage: true });
        }
      }
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    await page.setViewportSize(phone);
  }

  /** Signs in at the provider, whose pages ask for a name, any password, and consent. */
  async passProvider(person) {
    await this.page.getByPlaceholder('Enter any login').fill(person.sub);
    await this.page.getByPlaceholder('and password').fill('anything');
    await this.page.getByRole('button', { name: 'Sign-in' }).click();
    await this.page.getByRole('button', { name: 'Continue' }).click();
  }

  /** Books the first time that is free, and answers with the booking's page and its code. */
  async book(resource) {
    const { page } = this;
    await (await this.firstFree(resource)).click();
    if (page.url().startsWith(this.world.provider.issuer)) {
      await this.passProvider(people.citizen);
      await this.isAccessible('the booking form');
    }
    await page.getByLabel(/Vad/).first().fill('Innebandy');
    await this.holdAndBook();
    return { url: page.url(), pin: await page.locator('[data-code]').getAttribute('data-code') };
  }

  /** Sends the form, which holds the times, and books them from the page of price and terms. */
  async holdAndBook() {
    const { page } = this;
    await page.getByRole('button', { name: 'Fortsätt' }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+\/hold$/);
    await page.getByRole('button', { name: /^Boka tide(n|rna)$/ }).click();
    await page.waitForURL(/\/bookings\/[0-9a-f-]+$/);
  }

  /** Waits until the booking's page says that the door knows the code. */
  async doorKnows() {
    await this.page.getByText(/Dörren känner/).waitFor();
  }

  /** The schedule of the test hall, in either language, on the first day with a time that is free; the link to that. */
  async firstFree(resource) {
    const free = () => this.page.locator(`a[href*="/book?"][href*="resource="]:visible`).filter({ hasText: '' });
    await this.page.goto(`${this.world.pages}/facilities/provhallen`);
    const named = () => this.page.getByRole('link', { name: new RegExp(`${resource}.*(ledig|free)`, 'i') });
    if ((await named().count()) === 0) {
      const tomorrow = await this.page.locator('a[rel="next"]').first().getAttribute('href');
      await this.page.goto(new URL(tomorrow, this.page.url()).href);
    }
    assert.ok((await free().count()) > 0, 'something is free');
    return named().first();
  }
}
