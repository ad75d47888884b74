import { loginOf } from "../http/address.ts"

/** What of an address is a secret, in each way that a server may repeat it: all but the server's name. */
export const secretsOf = (address: URL): ReadonlyArray<string> => {
  const { hash, href, password, pathname, search, username } = address
  const login = loginOf(address)
  return [
    href,
    `${pathname}${search}`,
    pathname,
    search,
    hash,
    username,
    password,
    ...(login === undefined ? [] : [login])
  ]
}
