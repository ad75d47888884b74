import { SETTINGS, SETTINGS_KEYS } from "../../settings/keys.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { shownSettings } from "../settings/show.ts"
import { isRecord } from "../../settings/entries.ts"

/** By source of a default: the variable that gives a run from cron the same value. */
const CARRIED: Readonly<Record<string, string>> = {
  "default ($DX_RUNNER_PATH)": "DX_RUNNER_PATH",
  "default ($XDG_STATE_HOME)": SETTINGS.stateDir.variable
}

const text = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((item: unknown) => String(isRecord(item) ? item["name"] : item)).join(",")
    : String(value)

/**
 * The variables that a run from cron needs to have the settings of this environment: the settings file, the tracker's
 * directory, and each setting that comes from a variable. Paths are absolute. Secrets are left out.
 */
export const cronVariables = (loaded: LoadedSettings): ReadonlyArray<readonly [name: string, value: string]> => {
  const { settings: shown } = shownSettings(loaded)
  const given = SETTINGS_KEYS.flatMap((key, index): ReadonlyArray<readonly [string, string]> => {
    const { kind, variable } = SETTINGS[key]
    const { source = "", value } = shown[index] ?? {}
    const name = source === variable ? variable : CARRIED[source]
    return name === undefined || kind === "secret" ? [] : [[name, text(value)]]
  })
  const { dir } = loaded.settings.beads
  return [
    ...(loaded.file === undefined ? [] : [["NIGHTLY_DISPATCH_CONFIG", loaded.file] as const]),
    ...(dir === undefined ? [] : [["BEADS_DIR", dir] as const]),
    ...given
  ]
}
