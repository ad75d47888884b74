import { Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Git } from "./command.ts"
import { gitFailed } from "./failure.ts"
import { configEntries, isOwn } from "./repositoryConfig.ts"

const refused = (detail: string, next?: string) => new WorkspaceFailed({ detail, next, kind: "other", blame: "config" })

/** What sends a push elsewhere than to the remote's own address. */
const redirects = (remote: string, key: string): boolean =>
  key === `remote.${remote}.pushurl` || /^url\..*\.(?:push)?insteadof$/s.test(key)

/** Whether git reads and writes the repository at this address itself, and runs the hooks there. The rule is git's own. */
export const isLocal = (address: string): boolean => {
  if (/^file:/i.test(address)) return true
  const [colon, slash] = [address.indexOf(":"), address.indexOf("/")]
  return colon === -1 || (slash !== -1 && slash < colon)
}

/**
 * The address that a push to this remote goes to. Fails if there are several, or if the repository's own settings, which agents can
 * change, send it elsewhere.
 */
const addressOf = Effect.fnUntraced(function* (git: Git, clone: string, remote: string) {
  const listed = yield* git.run(clone, ["config", "--list", "--show-scope", "-z"])
  if (listed.exitCode !== 0) return yield* gitFailed(listed)
  const found = configEntries(listed.stdout).find((entry) => !isOwn(entry) && redirects(remote, entry.key))
  if (found !== undefined) {
    const what = `${oneLine(found.key, 100)} in the settings of the repository at ${clone} sends pushes elsewhere`
    return yield* refused(`${what}, and agents can change those`, "If you need it, set it in ~/.gitconfig")
  }
  const addresses = yield* git.run(clone, ["remote", "get-url", "--push", "--all", "--", remote])
  if (addresses.exitCode !== 0)
    return yield* refused(`${clone} has no remote ${remote}`, `Add it, or choose another one`)
  const [address = "", ...more] = addresses.stdout.split("\n").filter((line) => line !== "")
  return more.length === 0 ? address : yield* refused(`the remote ${remote} of ${clone} has several addresses`)
})

/**
 * What receives a push into a repository on this host. Git runs it as us, and it would run the hooks and commands that the settings
 * there name: agents may have made that repository.
 */
const LOCAL_RECEIVER = [
  "GIT_NO_LAZY_FETCH=1 git",
  ...[
    "core.hooksPath=/dev/null",
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "receive.autogc=false",
    "receive.denyCurrentBranch=refuse"
  ].map((setting) => `-c ${setting}`),
  "receive-pack"
].join(" ")

/** `Rejected`: the remote has something that the push would replace or that it forbids. */
export type PushResult = { readonly _tag: "Done" } | { readonly _tag: "Rejected"; readonly why: string }

const REJECTED = /^!\t[^\t]*\t\[(?:remote )?(?:rejected|failure)\] ?(?:\((.*)\))?$/m

/**
 * Pushes to a remote of the clone. Asks for no password, runs no hook here, and none in a repository on this host. Forces nothing:
 * the references may say what they replace.
 */
export const pushTo = Effect.fn("git.push")(function* (
  git: Git,
  clone: string,
  remote: string,
  references: ReadonlyArray<string>
): Effect.fn.Return<PushResult, WorkspaceFailed> {
  const local = isLocal(yield* addressOf(git, clone, remote))
  // Should the address become a local one meanwhile, git refuses it.
  const settings = ["-c", "push.pushOption=", ...(local ? [] : ["-c", "protocol.file.allow=never"])]
  const receiver = `--receive-pack=${local ? LOCAL_RECEIVER : "git-receive-pack"}`
  const how = ["--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no", receiver]
  const options = references.filter((each) => each.startsWith("--"))
  const refs = references.filter((each) => !each.startsWith("--"))
  const result = yield* git.run(clone, [...settings, "push", ...how, ...options, "--", remote, ...refs])
  if (result.exitCode === 0) return { _tag: "Done" }
  const rejected = REJECTED.exec(result.stdout)
  return rejected === null ? yield* gitFailed(result) : { _tag: "Rejected", why: oneLine(rejected[1] ?? "rejected") }
})
