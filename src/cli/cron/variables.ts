import { SETTINGS, SETTINGS_KEYS } from "../settings/keys.ts"
import type { LoadedSettings } from "../settings/load.ts"
import { shownSettings } from "../settings/show.ts"
import { isRecord } from "../settings/entries.ts"

/** Defaults that come from variables which cron does not have either. */
const CARRIED: Readonly<Record<string, string>> = {
  "default ($DX_RUNNER_PATH)": "DX_RUNNER_PATH",
  "default ($XDG_STATE_HOME)": SETTINGS.stateDir.variable
}

const text = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((one: unknown) => String(isRecord(one) ? one["name"] : one)).join(",")
    : String(value)

/**
 * What of this environment a run from cron needs to find the same settings: the settings file, the tracker's directory
 * and each setting that a variable gave. Paths are absolute by now. Secrets are left out.
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
