/** The agents' script, below the machine's root. */
export const AGENT = "agent"

/**
 * The agent of a bug: works in its worktree, where it is started, as `behaviour` says. Its kernel lock lives as long as any
 * process that got it, so an agent can tell that an earlier one, or what that one left behind, is still at work. Daemons
 * close descriptor 9.
 */
export const agentScript = (root: string): string => `#!/bin/sh
root='${root}'
id=\${1##*/}
id=\${id%.prompt}
export AGENT_OF="$id"
exec 9>>"$root/working/$id"
flock -n 9 || echo "$id" >>"$root/overlaps"
echo "$id" >>"$root/begun"
. "$root/behaviour"
`

/** Waits until the test ends it; then the agent ends well. */
export const WAITS = `sleep 3000 9>&- &
echo $! >"$root/sleeps/$id"
wait
exit 0
`

/** Ends well at once. */
export const ENDS_WELL = "exit 0\n"

/** Leaves work, which waits for a person. */
export const WORKS = "echo done >work.txt\n"

/** Goes on in the worktree, in the agent's own process group. */
export const GROUP_CHILD = `sh -c 'sleep 3000; echo late >late.txt' child "$root" &
`

/** Goes on in the worktree, in a session of its own. */
export const OWN_SESSION = `setsid sh -c 'sleep 3000; echo late >late.txt' child "$root" &
`

/** The same, and nothing in its environment tells whose it is. */
export const SCRUBBED_SESSION = `env -i PATH="$PATH" setsid sh -c 'sleep 3000; echo late >late.txt' child "$root" &
`

/** The same, and ignores SIGTERM. */
export const STUBBORN_SESSION = `setsid sh -c 'trap "" TERM; sleep 3000; sleep 3000; echo late >late.txt' child "$root" &
`

/** A shared daemon, such as a build server: in a session of its own and outside of the worktree. */
export const DAEMON = `(cd / && exec setsid sh -c 'sleep 3000; exit' daemon "$root" 9>&-) &
`
