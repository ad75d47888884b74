import { assert, describe, it } from "@effect/vitest"
import { defaultSettings } from "../src/domain/Settings.ts"
import { baseDirectory, settingsFromVariables, stateDirectory, variable } from "../src/surroundings.ts"

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

  it("the state directory is below XDG_STATE_HOME only if that is an absolute path", () => {
    const usual = "/home/someone/.local/state/nightly-dispatch"
    for (const [environment, home, expected] of [
      [{}, "/home/someone", usual],
      [{ XDG_STATE_HOME: "/var/state" }, "/home/someone", "/var/state/nightly-dispatch"],
      [{ XDG_STATE_HOME: "" }, "/home/someone", usual],
      [{ XDG_STATE_HOME: "relative/state" }, "/home/someone", usual],
      [{ XDG_STATE_HOME: "" }, "", "/place/.local/state/nightly-dispatch"]
    ] as ReadonlyArray<[Record<string, string>, string, string]>) {
      assert.strictEqual(stateDirectory(defaultSettings, around(environment, home)), expected)
    }
    assert.strictEqual(stateDirectory({ ...defaultSettings, stateDir: "/set" }, around({})), "/set")
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
