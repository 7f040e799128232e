// A real browser, and what tests ask of its pages.

import { chromium } from "playwright-core";

import { eventually, timeoutMs } from "./processes.js";

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page in a context of its own, as another person's browser would be; `prepare` it before it
 * loads. */
export async function open(browser, url, { role = "worker", prepare } = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMs);
  await prepare?.(page);
  await page.goto(`${url}?as=${role}`);
  return page;
}

export const field = (page, id, name) => page.locator(`tr[data-id="${id}"] [data-field="${name}"]`);

export const expectValue = (input, value) =>
  eventually(async () => (await input.inputValue()) === value, `${input} is ${value}`);

export async function expectState(page, state) {
  await page.locator(`#connection[data-state="${state}"]`).waitFor();
}
