/** Tells `bcrypt_compare.ts` that it is run as a worker for passwords, and not by a server that is itself in a worker. */
export const BCRYPT_WORKER = "websocketd bcrypt";
