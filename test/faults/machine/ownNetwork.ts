import { spawnSync } from "node:child_process"

const isRoot = process.getuid?.() === 0

/** The beginning of a command that runs in a network namespace of its own, in which not even loopback is up. */
export const OWN_NETWORK = isRoot
  ? (["unshare", "--net"] as const)
  : (["unshare", "--user", "--map-current-user", "--net"] as const)

/** Why this host makes no network namespaces; `undefined` if it does. */
const whyNot = (): string | undefined => {
  const [command, ...args] = OWN_NETWORK
  const { error, status, stderr } = spawnSync(command, [...args, "true"], { encoding: "utf8" })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}

/** Whether what needs network namespaces is left out, loudly. Root in `.ci/run` must be able to make them. */
export const withoutOwnNetworks = (what: string): boolean => {
  if (isRoot && process.env["CI_RUN"] !== undefined) return false
  const why = whyNot()
  if (why !== undefined) process.stderr.write(`NOT PLAYED in network namespaces: ${what}, because: ${why}\n`)
  return why !== undefined
}
