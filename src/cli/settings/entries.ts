import { isSettingsKey, keysUnder, OTHER_VARIABLES, SECTIONS, SETTINGS, SETTINGS_KEYS } from "./keys.ts"
import { nearest, showActual, type Problem } from "./problems.ts"

/** Where a value was written. */
export interface Origin {
  /** As `config show` names it, e.g. `flag`, `file /etc/nightly-dispatch.yaml`, a variable's name. */
  readonly label: string
  /** What a relative path in it is relative to. */
  readonly base: string
  /** The line of a key, in a file. */
  readonly lineOf?: (path: ReadonlyArray<PropertyKey>) => number | undefined
}

/** One value, in its encoded form, not checked yet. */
export interface Entry {
  readonly path: ReadonlyArray<string>
  readonly value: unknown
  readonly origin: Origin
}

export interface Found {
  readonly entries: ReadonlyArray<Entry>
  readonly problems: ReadonlyArray<Problem>
}

type Environment = Readonly<Record<string, string | undefined>>

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Where this key was written, with the line when it is known. */
export const sourceOf = (origin: Origin, path: ReadonlyArray<PropertyKey>): string => {
  const line = origin.lineOf?.(path)
  return line === undefined ? origin.label : `${origin.label}:${line}`
}

/** A nested record taken apart. An empty section is an empty section; an empty value is a mistake. */
export const fromRecord = (record: Readonly<Record<string, unknown>>, origin: Origin): Found => {
  const entries: Array<Entry> = []
  const problems: Array<Problem> = []
  const add = (path: ReadonlyArray<string>, value: unknown) => {
    if (value === undefined) return
    if (value !== null) entries.push({ path, value, origin })
    else
      problems.push({
        path: path.join("."),
        message: "has no value; leave the key out to get its default",
        source: sourceOf(origin, path)
      })
  }
  for (const [key, value] of Object.entries(record)) {
    if (!SECTIONS.has(key)) add([key], value)
    else if (isRecord(value)) for (const [inner, leaf] of Object.entries(value)) add([key, inner], leaf)
    else if (value !== null && value !== undefined)
      problems.push({
        path: key,
        message: `expected a section with ${keysUnder([key]).join(", ")}, actual ${showActual(value)}`,
        source: sourceOf(origin, [key])
      })
  }
  return { entries, problems }
}

/** A variable's text as the value it stands for. What is no number or no boolean stays text: the schema refuses it. */
const read = (text: string, kind: (typeof SETTINGS)[keyof typeof SETTINGS]["kind"]): unknown => {
  switch (kind) {
    case "count":
    case "amount":
    case "priority":
      return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text
    case "list":
    case "providers":
    case "variables":
      return text
        .split(",")
        .map((word) => word.trim())
        .filter((word) => word !== "")
    default:
      return text
  }
}

/** The settings among the variables; an empty one counts as not set. One of ours that nobody knows is a mistake. */
export const fromEnvironment = (env: Environment, cwd: string): Found => {
  const known: ReadonlyArray<string> = [...SETTINGS_KEYS.map((key) => SETTINGS[key].variable), ...OTHER_VARIABLES]
  const problems = Object.keys(env).flatMap((name): ReadonlyArray<Problem> => {
    if (!name.startsWith("NIGHTLY_DISPATCH_") || known.includes(name)) return []
    const meant = nearest(name, known)
    const message = meant === undefined ? "unknown variable" : `unknown variable, did you mean ${meant}?`
    return [{ path: name, message, source: "environment" }]
  })
  const entries = SETTINGS_KEYS.flatMap((key): ReadonlyArray<Entry> => {
    const { kind, variable } = SETTINGS[key]
    const text = (env[variable] ?? "").trim()
    if (text === "") return []
    return [{ path: key.split("."), value: read(text, kind), origin: { label: variable, base: cwd } }]
  })
  return { entries, problems }
}

/** Defaults that the machine gives: variables other programs use too, and the place for state. */
export const fromMachine = (env: Environment, cwd: string, home: string | undefined): ReadonlyArray<Entry> => {
  const entry = (path: ReadonlyArray<string>, value: string | undefined, variable: string): ReadonlyArray<Entry> =>
    value === undefined || value.trim() === ""
      ? []
      : [{ path, value, origin: { label: `default ($${variable})`, base: cwd } }]
  // The XDG rules: a relative path is to be ignored.
  const xdg = env["XDG_STATE_HOME"]?.startsWith("/") === true ? env["XDG_STATE_HOME"] : undefined
  return [
    ...(xdg === undefined
      ? entry(["stateDir"], home && `${home}/.local/state/nightly-dispatch`, "HOME")
      : entry(["stateDir"], `${xdg}/nightly-dispatch`, "XDG_STATE_HOME")),
    ...entry(["beads", "dir"], env["BEADS_DIR"], "BEADS_DIR"),
    ...entry(["runner", "path"], env["DX_RUNNER_PATH"], "DX_RUNNER_PATH"),
    ...entry(["alerts", "slack"], env["SLACK_WEBHOOK"], "SLACK_WEBHOOK")
  ]
}

/** Later ones replace earlier ones, key by key. */
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

/** The setting an entry is for; nothing when nobody knows its key. */
export const keyOf = (entry: Entry) => {
  const key = entry.path.join(".")
  return isSettingsKey(key) && entry.path.length === key.split(".").length ? key : undefined
}
