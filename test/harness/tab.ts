/** One page of one browser, whichever drives it. */
export type Tab<Page = unknown> = {
  page: Page;
  /** Uncaught exceptions and console errors, in order. A test that expects none asserts that it is empty. */
  errors: string[];
  /** Runs a function in the page; argument and result are copied. */
  evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result>;
  evaluate<Argument, Result>(
    run: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  close(): Promise<void>;
};

export type TestBrowser<Page = unknown> = {
  pid: number;
  newPage(url: string): Promise<Tab<Page>>;
  /** Ends the browser's processes, whether or not it still answers. */
  close(): Promise<void>;
};
