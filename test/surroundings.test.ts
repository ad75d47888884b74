import { assert, describe, it } from "@effect/vitest"
import { baseDirectory, settingsFromVariables, variable } from "../src/surroundings.ts"

const around = (environment: Record<string, string>, home: string | undefined = "/home/someone") => ({
  environment,
  cwd: "/place",
  home,
  tempDir: "/tmp"
})

describe("the surroundings", () => {
  it("a variable that is empty or blank counts as not set", () => {
    const environment = { SET: " x ", EMPTY: "", BLANK: " \t" }
    assert.deepStrictEqual(
      ["SET", "EMPTY", "BLANK", "MISSING"].map((name) => variable(environment, name)),
      [" x ", undefined, undefined, undefined]
    )
  })

  it("a base directory names the variable that gave it, and is missing without a home", () => {
    const name = "XDG_CONFIG_HOME"
    assert.deepStrictEqual(baseDirectory(around({ [name]: "/etc/x" }), name), { directory: "/etc/x", from: name })
    assert.deepStrictEqual(baseDirectory(around({}), name), { directory: "/home/someone/.config", from: "HOME" })
    assert.isUndefined(baseDirectory(around({ [name]: "." }, ""), name))
  })

  it("an empty variable gives no default of a setting", () => {
    const empty = { XDG_STATE_HOME: "", BEADS_DIR: "", DX_RUNNER_PATH: " ", SLACK_WEBHOOK: "" }
    const given = (environment: Record<string, string>) =>
      settingsFromVariables(around(environment, "")).filter(({ value }) => value !== undefined)
    assert.deepStrictEqual(given(empty), [])
    assert.deepStrictEqual(given({ BEADS_DIR: "/b" }), [{ key: "beads.dir", value: "/b", from: "BEADS_DIR" }])
  })
})
