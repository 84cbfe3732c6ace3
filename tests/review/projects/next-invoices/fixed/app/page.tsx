export default function Page({ searchParams }: { searchParams: { note?: string } }) {
  return (
    <main>
      <h1>Invoices</h1>
      <p>{searchParams.note}</p>
    </main>
  );
}
