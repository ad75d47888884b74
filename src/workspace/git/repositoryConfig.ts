/** One value of git's configuration. */
export interface ConfigEntry {
  /** `system` and `global` are the user's own. Anything else may be written by an agent. */
  readonly scope: string
  /** As git prints it: section and name in lower case. */
  readonly key: string
  readonly value: string
}

/** Whether it is the user's own, or an option of ours. */
export const isOwn = ({ scope }: ConfigEntry): boolean =>
  scope === "system" || scope === "global" || scope === "command"

/** Reads the output of `git config --list --show-scope -z`. A key without a value counts as `true`, as for git. */
export const configEntries = (text: string): ReadonlyArray<ConfigEntry> => {
  const fields = text.split("\0")
  return fields.flatMap((scope, index) => {
    const entry = index % 2 === 0 ? fields[index + 1] : undefined
    if (entry === undefined) return []
    const end = entry.indexOf("\n")
    return [
      end === -1
        ? { scope, key: entry, value: "true" }
        : { scope, key: entry.slice(0, end), value: entry.slice(end + 1) }
    ]
  })
}

/** What git-lfs itself writes with `git lfs install`, also with `--skip-smudge`. */
const LFS_COMMANDS: Readonly<Record<string, ReadonlyArray<string>>> = {
  "filter.lfs.clean": ["git-lfs clean -- %f"],
  "filter.lfs.smudge": ["git-lfs smudge -- %f", "git-lfs smudge --skip -- %f"],
  "filter.lfs.process": ["git-lfs filter-process", "git-lfs filter-process --skip"]
}

/**
 * Keys whose value git or git-lfs runs as a command, or that let it do so, each with the value that stands for git's default;
 * `false`, which fails, where there is none. The keys that an option or a variable of ours overrides are missing here.
 */
const COMMANDS: ReadonlyArray<readonly [key: RegExp, byDefault: string]> = [
  [/^filter\..*\.(?:clean|smudge|process)$/s, ""],
  [/^core\.sshcommand$/, "ssh"],
  [/^core\.askpass$/, ""],
  [/^core\.alternaterefscommand$/, "true"],
  [/^credential\.(?:.*\.)?helper$/s, ""],
  [/^protocol\.(?:.*\.)?allow$/s, "user"],
  [/^lfs\.(?:.*\.)?standalonetransferagent$/s, ""],
  [/^lfs\.(?:customtransfer\..*\.path|extension\..*\.(?:clean|smudge))$/s, "false"],
  [/^diff\.(?:external|.*\.(?:command|textconv))$/s, "false"],
  [/^merge\..*\.driver$/s, "false"],
  [/^gpg\.(?:program|.*\.program|ssh\.defaultkeycommand)$/s, "false"],
  [/^(?:hook|trailer)\..*\.(?:command|cmd)$/s, "false"]
]

/**
 * Keys of which git takes the first value, each with the variable that overrides it. Each call that fetches names its
 * `--upload-pack`, but not the fetch that git makes by itself when an object of a partial clone is missing.
 */
const FIRST_WINS: ReadonlyArray<readonly [key: RegExp, variable: string, value: string]> = [
  [/^core\.gitproxy$/, "GIT_PROXY_COMMAND", ""],
  [/^remote\..*\.uploadpack$/s, "GIT_NO_LAZY_FETCH", "1"]
]

const FILTER = /^filter\.(.*)\.(?:clean|smudge|process)$/s

/** The name of the filter that a key belongs to. */
const filterOf = (key: string): string | undefined => FILTER.exec(key)?.[1]

const isAllowed = ({ key, value }: ConfigEntry, allowFilters: ReadonlyArray<string>): boolean => {
  const filter = filterOf(key)
  return filter !== undefined && (allowFilters.includes(filter) || LFS_COMMANDS[key]?.includes(value) === true)
}

/** What must be overridden so that no command of a repository's own configuration runs. */
export interface Overrides {
  /** Later ones win. Empty: the repository configures no command. */
  readonly settings: ReadonlyArray<readonly [key: string, value: string]>
  /** The names of the filters that do not run. */
  readonly filters: ReadonlyArray<string>
  /** For keys of which git takes the first value. */
  readonly variables: Readonly<Record<string, string>>
}

/**
 * Overrides each command of the repository with the user's own value, or with git's default. The values of git-lfs may run:
 * agents need its files and not its pointers. So may the filters that the operator allows.
 *
 * @example
 * overridesOf([{ scope: "local", key: "core.sshcommand", value: "evil" }], []).settings // [["core.sshcommand", "ssh"]]
 */
export const overridesOf = (entries: ReadonlyArray<ConfigEntry>, allowFilters: ReadonlyArray<string>): Overrides => {
  const suspect = entries.filter((entry) => !isOwn(entry) && !isAllowed(entry, allowFilters))
  const trusted = entries.filter(isOwn)
  const keys = new Set(suspect.map(({ key }) => key))
  const settings: Array<readonly [string, string]> = []
  for (const key of keys) {
    const command = COMMANDS.find(([pattern]) => pattern.test(key))
    if (command === undefined) continue
    const own = trusted.findLast((entry) => entry.key === key)?.value
    settings.push([key, own ?? command[1]])
  }
  const filters = [...new Set(settings.flatMap(([key]) => filterOf(key) ?? []))]
  // A filter that is required and does not run would make every checkout fail.
  settings.push(...filters.map((name) => [`filter.${name}.required`, "false"] as const))
  // An empty helper empties the whole list, of all addresses.
  const helpers = trusted.filter(({ key }) => /^credential\.(?:.*\.)?helper$/s.test(key))
  if (settings.some(([key]) => key.startsWith("credential.")))
    settings.push(["credential.helper", ""], ...helpers.map(({ key, value }) => [key, value] as const))
  const variables = FIRST_WINS.flatMap(([pattern, name, value]) =>
    [...keys].some((key) => pattern.test(key)) ? [[name, value] as const] : []
  )
  return { settings, filters, variables: Object.fromEntries(variables) }
}
