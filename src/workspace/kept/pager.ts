import { Effect } from "effect"
import type { Git } from "../git/command.ts"
import { configEntries, type ConfigEntry } from "../git/repositoryConfig.ts"
import type { OwnPager } from "../KeptWork.ts"

/** What git uses if nothing else is named. */
const BY_DEFAULT = "less"

const OFF = /^(?:false|no|off|0|)$/i
const ON = /^(?:true|yes|on|1)$/i

/**
 * The command with which git shows a diff on a terminal, by git's own order; `undefined` if it shows none. Only the user's own settings
 * count: an agent can write to those of the repository, so a pager that is named there would run its code.
 *
 * @example
 * pagerOf([{ scope: "global", key: "core.pager", value: "delta" }], { GIT_PAGER: undefined, PAGER: "more" }) // "delta"
 */
export const pagerOf = (entries: ReadonlyArray<ConfigEntry>, { GIT_PAGER, PAGER }: OwnPager): string | undefined => {
  const own = entries.filter(({ scope }) => scope === "system" || scope === "global")
  const valueOf = (name: string) => own.findLast(({ key }) => key === name)?.value
  const forDiff = valueOf("pager.diff")
  if (forDiff !== undefined && OFF.test(forDiff)) return undefined
  const ofDiff = forDiff === undefined || ON.test(forDiff) ? undefined : forDiff
  const pager = (GIT_PAGER ?? ofDiff ?? valueOf("core.pager") ?? PAGER ?? BY_DEFAULT).trim()
  return pager === "" || pager === "cat" ? undefined : pager
}

/** `KeptWork.pager`. */
export const pagerIn = Effect.fn("KeptWork.pager")(function* (git: Git, clone: string, own: OwnPager) {
  return pagerOf(configEntries(yield* git.read(clone, ["config", "--list", "--show-scope", "-z"])), own)
})
