import { isSettingsKey, keysUnder, SECTIONS, type SettingsKey } from "./keys.ts"
import { showActual, type Place, type Problem } from "./problems.ts"

/** The place where a value was written. */
export interface Origin {
  /** As `config show` names it, e.g. `flag`, `file /etc/nightly-dispatch.yaml`, a variable's name. */
  readonly label: string
  /** The directory that a relative path is relative to. */
  readonly base: string
  /** Where a key is in a file; `undefined` if it is not there. */
  readonly positionOf?: (path: ReadonlyArray<PropertyKey>) => Omit<Place, "source"> | undefined
}

/** One value, in its encoded form, not checked yet. */
export interface Entry {
  readonly path: ReadonlyArray<string>
  readonly value: unknown
  readonly origin: Origin
}

/** The entries of one source of settings, and its problems. */
export interface Source {
  readonly entries: ReadonlyArray<Entry>
  readonly problems: ReadonlyArray<Problem>
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value of a dotted key in a nested record; `undefined` if there is none. */
export const valueOf = (record: Readonly<Record<string, unknown>>, key: SettingsKey): unknown => {
  const [section = key, leaf] = key.split(".")
  const value = record[section]
  return leaf === undefined ? value : isRecord(value) ? value[leaf] : undefined
}

/** The place where this key was written. */
export const placeOf = ({ label, positionOf }: Origin, path: ReadonlyArray<PropertyKey>): Place => ({
  source: label,
  ...positionOf?.(path)
})

/** The entries of a nested record. An empty section is allowed; an empty value is a problem. */
export const fromRecord = (record: Readonly<Record<string, unknown>>, origin: Origin): Source => {
  const entries: Array<Entry> = []
  const problems: Array<Problem> = []
  const refuse = (path: ReadonlyArray<string>, message: string) =>
    problems.push({ path: path.join("."), message, ...placeOf(origin, path) })
  const add = (path: ReadonlyArray<string>, value: unknown) => {
    if (value === null) refuse(path, "has no value; leave the key out to get its default")
    else if (value !== undefined) entries.push({ path, value, origin })
  }
  for (const [key, value] of Object.entries(record)) {
    if (!SECTIONS.has(key)) add([key], value)
    else if (isRecord(value)) for (const [inner, leaf] of Object.entries(value)) add([key, inner], leaf)
    else if (value !== null && value !== undefined)
      refuse([key], `expected a section with ${keysUnder([key]).join(", ")}, actual ${showActual(value)}`)
  }
  return { entries, problems }
}

/** Later entries replace earlier ones, key by key. */
export const merge = (layers: ReadonlyArray<ReadonlyArray<Entry>>): ReadonlyArray<Entry> => [
  ...new Map(layers.flat().map((entry) => [JSON.stringify(entry.path), entry] as const)).values()
]

/** The nested record that the schema decodes. */
export const nest = (entries: ReadonlyArray<Entry>): Readonly<Record<string, unknown>> => {
  const under = (section: string) =>
    entries.flatMap(({ path, value }) => (path.length === 2 && path[0] === section ? [[path[1], value] as const] : []))
  return Object.fromEntries(
    entries.map(({ path: [key = "", ...rest], value }) => [
      key,
      rest.length === 0 ? value : Object.fromEntries(under(key))
    ])
  )
}

/** The key of an entry; `undefined` if there is no such setting. */
export const keyOf = (entry: Entry): SettingsKey | undefined => {
  const key = entry.path.join(".")
  return isSettingsKey(key) && entry.path.length === key.split(".").length ? key : undefined
}
