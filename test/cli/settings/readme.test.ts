import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as fs from "node:fs"
import { OTHER_VARIABLES, SETTINGS, SETTINGS_KEYS } from "../../../src/settings/keys.ts"
import { showSettings } from "../../../src/cli/settings/show.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import { ownTemplate, parseTemplate, PLACEHOLDERS } from "../../../src/prompt/template.ts"

const README = fs.readFileSync(new URL("../../../src/cli/settings/README.md", import.meta.url), "utf8")

describe("the page on settings", () => {
  it("names every setting with its default and its variable", () => {
    const shown = showSettings({ settings: defaultSettings, sources: new Map(), file: undefined }, { color: false })
    const items = new Map(README.split(/\n(?=- )|\n\n/).map((item) => [/^- `([\w.]+) = /.exec(item)?.[1], item]))
    for (const row of shown.split("\n")) {
      const [, key = "", value] = /^(\S+) += (.*?) +\(default\)$/.exec(row) ?? []
      assert.include(items.get(key), `- \`${key} = ${value}\` `)
    }
    for (const key of SETTINGS_KEYS) assert.include(items.get(key), `\`${SETTINGS[key].variable}\``)
    for (const variable of OTHER_VARIABLES) assert.include(README, `\`${variable}\``)
  })

  it("names every placeholder of a template, and shows ours", () => {
    for (const placeholder of PLACEHOLDERS) assert.include(README, `\`{{${placeholder}}}\``)
    const [, text = ""] = /```text\n([^]*?)```/.exec(README) ?? []
    assert.deepStrictEqual(parseTemplate(text), Either.right(ownTemplate))
  })
})
