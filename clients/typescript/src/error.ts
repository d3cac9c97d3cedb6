/** Why a request was not answered. */
export class PrimisError extends Error {
  override readonly name = 'PrimisError';

  /**
   * @param message for people; it says what to do.
   * @param code for programs: the API's, or `unreachable`, `invalid_answer`, `transaction_failed`,
   *   `not_confirmed`, `rpc_unreachable`, `not_indexed`.
   * @param status of the HTTP answer, where there was one.
   */
  constructor(
    message: string,
    readonly code: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
