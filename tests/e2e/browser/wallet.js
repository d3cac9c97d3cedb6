// A wallet of the Wallet Standard that signs everything at once. It runs in the page, before the page does.
// `SEED` is put in front by whoever injects it: 32 numbers.

(() => {
  // The blank page before the first has no keys.
  if (!isSecureContext) return;
  const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const CHAINS = ["solana:mainnet", "solana:devnet", "solana:localnet"];
  const ICON =
    "data:image/svg+xml;base64," +
    btoa('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#f3cd6b"/></svg>');
  // An Ed25519 key in PKCS #8 is this and its 32 bytes.
  const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

  const base58 = (bytes) => {
    let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    let text = "";
    for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
    return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + text;
  };
  const unbase64url = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

  const ready = (async () => {
    const bytes = new Uint8Array([...PKCS8, ...SEED]);
    const key = await crypto.subtle.importKey("pkcs8", bytes, "Ed25519", true, ["sign"]);
    const publicKey = unbase64url((await crypto.subtle.exportKey("jwk", key)).x);
    const account = {
      address: base58([...publicKey]),
      publicKey,
      chains: CHAINS,
      features: ["solana:signTransaction", "solana:signMessage"],
    };
    return { key, account };
  })();

  const changed = new Set();
  let accounts = [];
  const allow = async () => {
    accounts = [(await ready).account];
    return { accounts };
  };

  // `signatures ‖ message`: the fee payer's signature is the first.
  const sign = async ({ account, transaction }) => {
    const { key, account: own } = await ready;
    if (account.address !== own.address) throw new Error("that is not an account of this wallet");
    const count = transaction[0];
    const message = transaction.slice(1 + 64 * count);
    // A versioned message: version, three counts, the number of keys, the keys.
    const payer = message.slice(5, 37);
    if (count !== 1 || message[0] !== 0x80 || payer.some((byte, at) => byte !== own.publicKey[at]))
      throw new Error("that is not a v0 transaction paid and signed by this wallet alone");
    const signedTransaction = new Uint8Array(transaction);
    signedTransaction.set(new Uint8Array(await crypto.subtle.sign("Ed25519", key, message)), 1);
    return { signedTransaction };
  };

  const signText = async ({ account, message }) => {
    const { key, account: own } = await ready;
    if (account.address !== own.address) throw new Error("that is not an account of this wallet");
    return { signedMessage: message, signature: new Uint8Array(await crypto.subtle.sign("Ed25519", key, message)) };
  };

  const wallet = {
    version: "1.0.0",
    name: "Test Wallet",
    icon: ICON,
    chains: CHAINS,
    get accounts() {
      return accounts;
    },
    features: {
      "standard:connect": { version: "1.0.0", connect: allow },
      "standard:disconnect": { version: "1.0.0", disconnect: async () => void (accounts = []) },
      "standard:events": {
        version: "1.0.0",
        on: (_, listener) => {
          changed.add(listener);
          return () => changed.delete(listener);
        },
      },
      "solana:signTransaction": {
        version: "1.0.0",
        supportedTransactionVersions: ["legacy", 0],
        signTransaction: (...inputs) => Promise.all(inputs.map(sign)),
      },
      "solana:signMessage": {
        version: "1.1.0",
        signMessage: (...inputs) => Promise.all(inputs.map(signText)),
      },
    },
  };
  const register = (api) => api.register(wallet);
  addEventListener("wallet-standard:app-ready", (event) => register(event.detail));
  dispatchEvent(new CustomEvent("wallet-standard:register-wallet", { detail: register }));
})();
