import { Schema } from "effect"
import { defaultSettings } from "../../domain/defaultSettings.ts"
import { Settings } from "../../domain/Settings.ts"
import { DIM, padTo, paint, widthOf } from "../../report/text/display.ts"
import { isRecord, valueOf } from "../../settings/entries.ts"
import { SETTINGS, SETTINGS_KEYS, type SettingsKey } from "../../settings/keys.ts"
import type { LoadedSettings } from "../../settings/load.ts"

const HIDDEN = "***"
const WIDEST = 40

/** What `config show --json` prints: every setting in its encoded form (`null`: not set), secrets as `***`. */
export const ShownSettings = Schema.Struct({
  file: Schema.NullOr(Schema.String),
  settings: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.Unknown, source: Schema.String }))
})
export type ShownSettings = typeof ShownSettings.Type

/** What is shown of loaded settings. `changed`: only those that differ from the defaults. */
type Shown = Pick<LoadedSettings, "file" | "settings" | "sources">
interface Choice {
  readonly changed?: boolean
}

const encode = Schema.encodeSync(Settings)

/** The settings in force, with secrets hidden. */
export const shownSettings = ({ file, settings, sources }: Shown, { changed = false }: Choice = {}): ShownSettings => {
  const [encoded, defaults] = [encode(settings), encode(defaultSettings)]
  const isShown = (key: SettingsKey) =>
    !changed || JSON.stringify(valueOf(encoded, key)) !== JSON.stringify(valueOf(defaults, key))
  return {
    file: file ?? null,
    settings: SETTINGS_KEYS.filter(isShown).map((key) => {
      const value = valueOf(encoded, key)
      const hidden = SETTINGS[key].kind === "secret" && value !== undefined
      return { key, value: hidden ? HIDDEN : (value ?? null), source: sources.get(key) ?? "default" }
    })
  }
}

/** A plain word without quotes, any other value as JSON, so that the end of the value is visible. */
export const word = (value: unknown): string => {
  if (typeof value === "string") return /^[\w./:@+*-]+( [\w./:@+*-]+)*$/.test(value) ? value : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(word).join(", ")}]`
  if (!isRecord(value)) return JSON.stringify(value) ?? "null"
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return fields.length === 1 && typeof value["name"] === "string"
    ? value["name"]
    : `{${fields.map(([key, field]) => `${key}: ${word(field)}`).join(", ")}}`
}

/**
 * The settings in force, one a line, each with its source.
 *
 * @example
 * showSettings(loaded, { color: false }) // "limits.maxParallel = 2   (default)" and so on
 */
export const showSettings = (loaded: Shown, { color, ...choice }: Choice & { readonly color: boolean }): string => {
  const rows = shownSettings(loaded, choice).settings.map(({ key, source, value }) => ({
    key,
    text: value === null ? "(not set)" : word(value),
    source: paint(color, DIM, `(${source})`)
  }))
  if (rows.length === 0) return "every setting has its default"
  const keyWidth = Math.max(...rows.map(({ key }) => key.length))
  const textWidth = Math.min(WIDEST, Math.max(...rows.map(({ text }) => widthOf(text))))
  return rows
    .map(({ key, source, text }) => `${key.padEnd(keyWidth)} = ${padTo(textWidth, text)}   ${source}`)
    .join("\n")
}

/** The settings in force as one JSON document, described by `ShownSettings`. */
export const settingsJson = (loaded: Shown, choice: Choice = {}): string =>
  JSON.stringify(shownSettings(loaded, choice), null, 2)
