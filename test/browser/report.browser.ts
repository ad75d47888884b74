import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Browser } from "playwright-core"
import { launch, open, pictures, skipped, type Look, type Scheme } from "./browser.ts"
import { CROWDED_TEXTS, FAINT_TEXTS } from "./contrast.ts"
import { INPUTS, pageOf } from "./pages.ts"

const SCHEMES: ReadonlyArray<Scheme> = ["light", "dark"]
const NAMES = Object.keys(INPUTS)

describe.skipIf(skipped)("the report's page in Chromium", () => {
  let browser: Browser
  const { directory, remove } = pictures()
  const fileOf = (name: string) => path.join(directory, `${name}.html`)
  const openPage = (name: string, look: Look) => open(browser, fileOf(name), look)

  beforeAll(async () => {
    for (const [name, input] of Object.entries(INPUTS)) fs.writeFileSync(fileOf(name), pageOf(input))
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    remove()
  })

  it.for(NAMES)("%s: fits any width, is legible, asks for nothing and says nothing on the console", async (name) => {
    for (const width of [320, 360, 800, 1600])
      for (const scheme of SCHEMES) {
        const { page, troubles } = await openPage(name, { width, scheme })
        const where = `${name} at ${width}, ${scheme}`
        if (width !== 320)
          await page.screenshot({ path: path.join(directory, `${name}-${width}-${scheme}.png`), fullPage: true })
        for (const isOpen of [false, true]) {
          await page.evaluate(`document.querySelectorAll("details").forEach((one) => (one.open = ${isOpen}))`)
          assert.isAtMost(Number(await page.evaluate("document.documentElement.scrollWidth")), width, where)
        }
        const { faint, seen } = await page.evaluate<{ faint: ReadonlyArray<string>; seen: number }>(FAINT_TEXTS)
        assert.isEmpty(faint, where)
        assert.isAbove(seen, 5)
        assert.isEmpty(await page.evaluate(CROWDED_TEXTS), where)
        assert.isEmpty(troubles, where)
        await page.close()
      }
  })

  it("shows hostile texts as text, and nothing of them is an element", async () => {
    const { page, troubles } = await openPage("hostile", { width: 800 })
    const text = await page.innerText("body")
    for (const words of [
      "<script>alert(1)</script>",
      `"><img src=x onerror=alert(1)>`,
      "</style></svg></title>",
      "🐛🧑‍💻 長い題名 שלום"
    ])
      assert.include(text, words)
    assert.strictEqual(
      await page.locator("script, img, iframe, [onerror], [onfocus], [autofocus], form, input").count(),
      0
    )
    assert.strictEqual(
      await page.locator("h1").innerText(),
      '<script>alert(1)</script> on "><img src=x onerror=alert(1)>'
    )
    await page.waitForTimeout(300)
    assert.isEmpty(troubles)
    await page.close()
  })

  it("is reached by the keyboard: each link and each table, in the page's order, with a visible focus", async () => {
    const { page } = await openPage("busy", { width: 800 })
    const expected = await page.locator("a, summary").allInnerTexts()
    assert.strictEqual(expected[0], "Skip to the report")
    for (const words of expected) {
      await page.keyboard.press("Tab")
      const focused = page.locator(":focus")
      assert.strictEqual(await focused.innerText(), words)
      const box = await focused.boundingBox()
      assert.isTrue(box !== null && box.x >= 0 && box.y >= 0 && box.width > 0, words)
      const width = await page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
      assert.isAtLeast(Number(width), 2, words)
    }
    await page.keyboard.press("Enter")
    assert.isTrue(await page.locator("details").last().getByRole("table").isVisible())
    await page.close()
  })

  it("is named for a screen reader: landmarks, headings, charts and tables", async () => {
    for (const width of [360, 1600]) {
      const { page } = await openPage("busy", { width })
      assert.strictEqual(await page.locator("html").getAttribute("lang"), "en")
      for (const role of ["banner", "navigation", "main", "contentinfo"] as const)
        assert.strictEqual(await page.getByRole(role).count(), 1, role)
      assert.strictEqual(await page.getByRole("heading", { level: 1 }).count(), 1)
      for (const name of ["Jobs and runs of each night", "When the jobs of the last night ran"])
        assert.strictEqual(await page.getByRole("img", { name }).count(), 1, name)
      const providers = page.getByRole("table", { name: "Providers" })
      assert.strictEqual(await providers.getByRole("row").count(), 4)
      assert.strictEqual(await providers.getByRole("cell", { name: "60 %" }).count(), 1)
      await page.close()
    }
  })

  it("shows all tables on paper", async () => {
    const { page } = await openPage("busy", { width: 800 })
    await page.emulateMedia({ media: "print", colorScheme: "dark" })
    assert.isTrue(await page.locator("details table").first().isVisible())
    assert.strictEqual(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
    await page.close()
  })
})
