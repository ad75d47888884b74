import { settingsFromVariables, variable, type Environment, type Surroundings } from "../surroundings.ts"
import type { Entry, Source } from "./entries.ts"
import { OTHER_VARIABLES, SETTINGS, SETTINGS_KEYS, type Kind, type ListKind } from "./keys.ts"
import type { Problem } from "./problems.ts"
import { LOG_FORMATS, LOG_LEVELS } from "../log/logger.ts"
import { nearest } from "../domain/spelling.ts"

/** The value of a variable's text. Text that should be a number or boolean and is not stays text: the schema rejects it. */
const parse = (text: string, kind: Kind | ListKind): unknown => {
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
    case "pairs":
      return Object.fromEntries(
        text.split(",").map((pair) => {
          const [name = "", ...value] = pair.split("=")
          return [name.trim(), value.join("=").trim()]
        })
      )
    default:
      return text
  }
}

/** Every variable of ours. */
export const OURS: ReadonlyArray<string> = [...SETTINGS_KEYS.map((key) => SETTINGS[key].variable), ...OTHER_VARIABLES]

/** The variables that are set and have a say in the settings, ours and those of other programs. */
export const variablesRead = ({ environment }: Pick<Surroundings, "environment">): ReadonlyArray<string> => [
  ...OURS.filter((name) => variable(environment, name) !== undefined),
  ...settingsFromVariables({ environment }).flatMap(({ from, value }) => (value === undefined ? [] : [from]))
]

/** A variable with our prefix that is no setting must be a spelling mistake. */
const unknownVariable = (name: string): Problem => {
  const meant = nearest(name, OURS)
  const message = meant === undefined ? "unknown variable" : `unknown variable, did you mean ${meant}?`
  return { path: name, message, source: "environment" }
}

const LOG_CHOICES = { NIGHTLY_DISPATCH_LOG_FORMAT: LOG_FORMATS, NIGHTLY_DISPATCH_LOG_LEVEL: LOG_LEVELS }

/** The variables of the log that have none of their values. */
const logProblems = (environment: Environment): ReadonlyArray<Problem> =>
  Object.entries(LOG_CHOICES).flatMap(([name, choices]) => {
    const value = variable(environment, name)?.trim().toLowerCase()
    if (value === undefined || choices.some((choice) => choice === value)) return []
    return [{ path: name, message: `expected one of ${choices.join(", ")}`, source: "environment" }]
  })

/** The settings in our own variables. */
export const fromEnvironment = (environment: Environment, cwd: string): Source => ({
  entries: SETTINGS_KEYS.flatMap((key): ReadonlyArray<Entry> => {
    const { kind, variable: name } = SETTINGS[key]
    const text = variable(environment, name)?.trim()
    if (text === undefined) return []
    return [{ path: key.split("."), value: parse(text, kind), origin: { label: name, base: cwd } }]
  }),
  problems: [
    ...Object.keys(environment)
      .filter((name) => name.startsWith("NIGHTLY_DISPATCH_") && !OURS.includes(name))
      .map(unknownVariable),
    ...logProblems(environment)
  ]
})

/** The defaults that depend on the surroundings. */
export const fromSurroundings = (surroundings: Pick<Surroundings, "environment" | "home" | "cwd">) =>
  settingsFromVariables(surroundings).flatMap(({ from, key, value }): ReadonlyArray<Entry> => {
    const origin = { label: `default ($${from})`, base: surroundings.cwd }
    return value === undefined ? [] : [{ path: key.split("."), value, origin }]
  })
