import { Effect, Either, Ref } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import { localSettings } from "./localSettings.ts"
import { configEntries, overridesOf, type Overrides } from "./repositoryConfig.ts"

type Variables = Readonly<Record<string, string>>
type Call = (cwd: string, args: ReadonlyArray<string>, env?: Variables) => Effect.Effect<ExecResult, WorkspaceFailed>

/** Settings as variables: an argument could be read by other users, and could not hold every key. */
const asVariables = (settings: Overrides["settings"]): Variables => ({
  GIT_CONFIG_COUNT: String(settings.length),
  ...Object.fromEntries(
    settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value]
    ])
  )
})

/** Git prints this setting too, unless it is too old to read settings from variables. */
const MARK = "nightly-dispatch.variables"

const tooOld = new WorkspaceFailed({
  detail: "this git cannot be kept from running commands of a repository's settings",
  next: "Install git 2.31 or newer",
  blame: "config"
})

/**
 * Makes the function that reads the configuration of directories, which runs nothing, and returns the variables that keep git
 * from running its commands. Left: git's answer if the configuration cannot be read. Names each filter that does not run once.
 * Settings in which git has found no command are compared with what the disk has now, and git is not asked again.
 */
export const makeOverrides = (call: Call, allowFilters: ReadonlyArray<string>) => {
  const named = Ref.unsafeMake<ReadonlySet<string>>(new Set())
  /** The last settings of a repository that name no command. */
  const harmless = Ref.unsafeMake<string | undefined>(undefined)

  const sayOnce = Effect.fnUntraced(function* (what: string, directory: string, next: string) {
    const isNew = yield* Ref.modify(named, (names) => [!names.has(what), new Set([...names, what])])
    const why = `does not run: the settings of the repository at ${directory} define it, and agents can change those`
    if (isNew) yield* Effect.logWarning(`git ${what} ${why}. ${next}`)
  })

  const warn = Effect.fnUntraced(function* (directory: string, { filters, settings, variables }: Overrides) {
    for (const name of filters.map((filter) => oneLine(filter, 100)))
      yield* sayOnce(
        `filter ${name}`,
        directory,
        `Its files stay as they are stored. If you trust it, set workspace.allowFilters: [${name}]`
      )
    const others = settings.filter(([key]) => !key.startsWith("filter.")).map(([key]) => oneLine(key, 100))
    for (const key of new Set([...others, ...Object.keys(variables).map((name) => `setting for ${name}`)]))
      yield* sayOnce(`setting ${key}`, directory, "If you need it, set it in ~/.gitconfig")
  })

  return Effect.fn("git.overrides")(function* (
    directories: ReadonlyArray<string>
  ): Effect.fn.Return<Either.Either<Variables, ExecResult>, WorkspaceFailed> {
    const all: Array<Overrides> = []
    for (const directory of directories) {
      const before = localSettings(directory)?.text
      if (before !== undefined && before === (yield* Ref.get(harmless))) continue
      const result = yield* call(directory, ["config", "--list", "--show-scope", "-z"], asVariables([[MARK, "true"]]))
      if (result.exitCode !== 0) return Either.left(result)
      const entries = configEntries(result.stdout)
      if (!entries.some(({ key }) => key === MARK)) return yield* tooOld
      const found = overridesOf(entries, allowFilters)
      yield* warn(directory, found)
      all.push(found)
      const isEmpty = found.settings.length === 0 && Object.keys(found.variables).length === 0
      // Git has read what was there before and after.
      if (isEmpty && localSettings(directory)?.text === before) yield* Ref.set(harmless, before)
    }
    const settings = all.flatMap((found) => found.settings)
    const variables = Object.assign({}, ...all.map((found) => found.variables))
    return Either.right({ ...(settings.length === 0 ? {} : asVariables(settings)), ...variables })
  })
}
