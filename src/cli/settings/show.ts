import { Schema } from "effect"
import { Settings } from "../../domain/Settings.ts"
import { DIM, padTo, paint, widthOf } from "../../report/text/display.ts"
import { isRecord } from "./entries.ts"
import { SETTINGS, SETTINGS_KEYS } from "./keys.ts"
import type { LoadedSettings } from "./load.ts"

const HIDDEN = "***"
const WIDEST = 40

/** What `config show --json` prints: every setting in its encoded form (`null`: not set), secrets as `***`. */
export const ShownSettings = Schema.Struct({
  file: Schema.NullOr(Schema.String),
  settings: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.Unknown, source: Schema.String }))
})
export type ShownSettings = typeof ShownSettings.Type

/** The settings in force, with secrets hidden. */
export const shownSettings = ({ file, settings, sources }: LoadedSettings): ShownSettings => {
  const encoded: Readonly<Record<string, unknown>> = Schema.encodeSync(Settings)(settings)
  const valueOf = (key: string): unknown => {
    const [section = key, leaf] = key.split(".")
    const value = encoded[section]
    return leaf === undefined ? value : isRecord(value) ? value[leaf] : undefined
  }
  return {
    file: file ?? null,
    settings: SETTINGS_KEYS.map((key) => {
      const value = valueOf(key)
      const hidden = SETTINGS[key].kind === "secret" && value !== undefined
      return { key, value: hidden ? HIDDEN : (value ?? null), source: sources.get(key) ?? "default" }
    })
  }
}

/** A plain word without quotes, any other value as JSON, so that the end of the value is visible. */
const word = (value: unknown): string => {
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
export const showSettings = (loaded: LoadedSettings, options: { readonly color: boolean }): string => {
  const rows = shownSettings(loaded).settings.map(({ key, source, value }) => ({
    key,
    text: value === null ? "(not set)" : word(value),
    source: paint(options.color, DIM, `(${source})`)
  }))
  const keyWidth = Math.max(...rows.map(({ key }) => key.length))
  const textWidth = Math.min(WIDEST, Math.max(...rows.map(({ text }) => widthOf(text))))
  return rows
    .map(({ key, source, text }) => `${key.padEnd(keyWidth)} = ${padTo(textWidth, text)}   ${source}`)
    .join("\n")
}

/** The settings in force as one JSON document, described by `ShownSettings`. */
export const settingsJson = (loaded: LoadedSettings): string => JSON.stringify(shownSettings(loaded), null, 2)
