import type * as Path from "@effect/platform/Path"
import { Either } from "effect"
import { isRecord, keyOf, placeOf, type Entry } from "./entries.ts"
import { SETTINGS } from "./keys.ts"
import { problemAt, type Problem } from "./problems.ts"

const HOME = /^(?:~|\$HOME|\$\{HOME\})(?=\/|$)/

/** Replaces `~` or `$HOME` at the beginning of a path, if there is a home directory. */
export const expandHome = (text: string, home: string | undefined): string => text.replace(HOME, (word) => home || word)

/** The providers that the settings file describes, by name. */
export const describedProviders = (fileEntries: ReadonlyArray<Entry>): ReadonlyMap<unknown, unknown> =>
  new Map(
    fileEntries.flatMap((entry) =>
      keyOf(entry) === "providers" && Array.isArray(entry.value)
        ? entry.value.filter(isRecord).map((provider) => [provider["name"], provider] as const)
        : []
    )
  )

/**
 * Turns provider names into records, and paths into absolute ones. A provider name in a flag or a variable means the record
 * with that name in the settings file, with its model and command.
 */
export const normaliser = (path: Path.Path, home: string | undefined, fileEntries: ReadonlyArray<Entry>) => {
  const described = describedProviders(fileEntries)
  return (entry: Entry): Either.Either<Entry, Problem> => {
    const key = keyOf(entry)
    const { origin, value } = entry
    if (key === "providers" && Array.isArray(value)) {
      const providers = value.map((provider: unknown) =>
        typeof provider === "string" ? (described.get(provider) ?? { name: provider }) : provider
      )
      return Either.right({ ...entry, value: providers })
    }
    const kind = key && SETTINGS[key].kind
    if ((kind !== "path" && kind !== "program") || typeof value !== "string" || value === "") return Either.right(entry)
    const expanded = expandHome(value, home)
    if (HOME.test(expanded)) {
      const message = `begins with ${HOME.exec(expanded)?.[0]}, but HOME is not set`
      return Either.left(problemAt(entry.path, message, placeOf(origin, entry.path)))
    }
    const isName = kind === "program" && !expanded.includes("/")
    return Either.right({ ...entry, value: isName ? expanded : path.resolve(origin.base, expanded) })
  }
}
