export default function Page({ searchParams }: { searchParams: { note?: string } }) {
  return (
    <main>
      <h1>Invoices</h1>
      <div
        // expect-next: js-html-injection
        dangerouslySetInnerHTML={{ __html: searchParams.note ?? "" }}
      />
    </main>
  );
}
