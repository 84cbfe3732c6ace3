"use server";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import jwt from "jsonwebtoken";
import { sql } from "@vercel/postgres";

export async function login(formData: FormData) {
  const email = formData.get("email");
  const password = formData.get("password");
  const { rows } = await sql.query(`SELECT * FROM users WHERE email = '${email}' AND password = '${password}'`); // expect: js-sql-injection
  if (rows.length === 0) redirect("/login?failed");
  const token = jwt.sign({ sub: rows[0].id }, process.env.JWT_SECRET || "development-secret"); // expect: js-jwt-secret
  cookies().set("session", token, { httpOnly: false }); // expect: js-cookie-flags
  redirect(formData.get("next") as string); // expect: js-open-redirect
}
