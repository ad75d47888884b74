import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core"

/** Debian's. Nothing is ever downloaded here. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

/** In `.ci/run` a missing browser is a failure. */
export const skipped = process.env["CI_RUN"] !== "1" && !fs.existsSync(CHROMIUM)

/** The sandbox of Chromium refuses root. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] })

export interface Opened {
  readonly page: Page
  /** What must not happen: messages, errors, dialogs, requests. */
  readonly troubles: ReadonlyArray<string>
}

export type Scheme = "light" | "dark"
export interface Look extends Pick<BrowserContextOptions, "reducedMotion"> {
  readonly width: number
  readonly scheme?: Scheme
}

/** Opens a file in a window of its own, and notes what must not happen. Every request but that for the file is refused. */
export const open = async (browser: Browser, file: string, { scheme = "light", width }: Look): Promise<Opened> => {
  const troubles: Array<string> = []
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme })
  page.on("console", (message) => troubles.push(`console ${message.type()}: ${message.text()}`))
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`))
  page.on("dialog", (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  const address = `file://${file}`
  await page.route("**/*", (route) => {
    const url = route.request().url()
    if (url === address) return route.continue()
    troubles.push(`request: ${url}`)
    return route.abort()
  })
  await page.goto(address)
  return { page, troubles }
}

/** A directory for pages and screenshots: `SCREENSHOTS`, which is kept, or one that `remove` removes. */
export const pictures = (): { readonly directory: string; readonly remove: () => void } => {
  const kept = process.env["SCREENSHOTS"]
  if (kept !== undefined && kept !== "") {
    fs.mkdirSync(kept, { recursive: true })
    return { directory: path.resolve(kept), remove: () => {} }
  }
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "nd-pages-"))
  return { directory, remove: () => fs.rmSync(directory, { recursive: true }) }
}
