import { assert, describe, it } from "@effect/vitest"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Fiber, TestClock } from "effect"
import * as fs from "node:fs"
import { SETTINGS_KEYS } from "../src/settings/keys.ts"
import { loadSettings } from "../src/settings/load.ts"
import { defaultSettings, EXIT, nightlyRun } from "../src/index.ts"
import packageJson from "../package.json" with { type: "json" }
import { main } from "./readme/compose.ts"
import { night } from "./readme/fakes.ts"
import { options } from "./dispatch/support.ts"
import * as NodeExec from "../src/exec/NodeExec.ts"

const root = new URL("../", import.meta.url)
const file = (name: string) => fs.readFileSync(new URL(name, root), "utf8")
const README = file("README.md")
const asPublished = (source: string) =>
  source
    .replace("../../src/testing/index.ts", "nightly-dispatch/testing")
    .replace("../../src/index.ts", "nightly-dispatch")
const settingsFile = /```yaml\n([\s\S]*?)```/.exec(README)?.[1] ?? ""

describe("the README", () => {
  it("shows examples that compile", () => {
    const pages = [
      ["test/readme/compose.ts", README],
      ["test/readme/fakes.ts", file("src/testing/README.md")]
    ] as const
    for (const [name, page] of pages) assert.include(page, `\`\`\`ts\n${asPublished(file(name))}\`\`\``)
    assert.isTrue(Effect.isEffect(main))
  })

  it.effect("shows an example that works", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(nightlyRun(options))
      yield* TestClock.adjust("70 seconds")
      const { outcomes } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        outcomes.map((one) => (one._tag === "Dispatched" ? String(one.provider) : one._tag)),
        ["cc-glm"]
      )
    }).pipe(Effect.provide(night))
  )

  it("names every exit code and every npm script it tells people to run", () => {
    for (const code of Object.values(EXIT)) assert.match(README, new RegExp(`^\\| ${code} +\\|`, "m"))
    for (const [, script = ""] of README.matchAll(/npm run ([a-z:]+)/g)) assert.property(packageJson.scripts, script)
  })

  it.scoped("shows a settings file with every setting, and its values are the defaults", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const configFile = yield* files.makeTempFileScoped({ suffix: ".yaml" })
      yield* files.writeFileString(configFile, settingsFile)
      const { settings } = yield* loadSettings({ flags: {}, environment: {}, configFile, cwd: "/", home: undefined })
      assert.deepStrictEqual(settings, defaultSettings)
      for (const key of SETTINGS_KEYS) {
        const [section = "", name] = key.split(".")
        const lines = new RegExp(`^${section}:.*(?:\\n .*)*`, "m").exec(settingsFile)?.[0]
        assert.match((name === undefined ? settingsFile : lines) ?? "", new RegExp(`\\b${name ?? section}:`), key)
      }
    }).pipe(Effect.provide([NodeContext.layer, NodeExec.layer]))
  )

  it("tells people to install the versions that the tests ran with", () => {
    const versions: Readonly<Record<string, string>> = packageJson.devDependencies
    const named = Array.from(README.matchAll(/((?:@effect\/)?[a-z-]+)@(\d[\d.]*\d)/g))
    assert.includeMembers(
      named.map(([, name]) => name),
      ["effect", "@effect/platform-node"]
    )
    for (const [, name = "", version] of named) assert.strictEqual(versions[name], version, name)
    assert.include(README, `./${packageJson.name}-${packageJson.version}.tgz`)
  })

  it("is short: 175 lines, none wider than 130 characters, no table cell wider than 70", () => {
    const lines = README.trimEnd().split("\n")
    assert.isAtMost(lines.length, 175)
    for (const line of lines) {
      assert.isAtMost(line.length, 130, line)
      if (line.startsWith("|")) for (const cell of line.split("|")) assert.isAtMost(cell.trim().length, 70, cell)
    }
  })

  it("links to pages and files that exist, and so do the door plates", () => {
    const filesIn = (folder: string) =>
      fs.readdirSync(new URL(folder, root), { encoding: "utf8", recursive: true }).map((name) => `${folder}/${name}`)
    const pages = [...filesIn("src"), ...filesIn("test")].filter((name) => name.endsWith("/README.md"))
    const plates = ["README.md", ".github/SECURITY.md", ...pages]
    for (const plate of plates) {
      for (const [, link = ""] of file(plate).matchAll(/\]\(((?!https?:)[^)#]+)\)/g)) {
        assert.isTrue(fs.existsSync(new URL(link, new URL(plate, root))), `${plate}: ${link}`)
      }
    }
  })
})
