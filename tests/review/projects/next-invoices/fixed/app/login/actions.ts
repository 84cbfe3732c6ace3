"use server";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import argon2 from "argon2";
import jwt from "jsonwebtoken";
import { sql } from "@vercel/postgres";

export async function login(formData: FormData) {
  const email = formData.get("email");
  const { rows } = await sql`SELECT id, hash FROM users WHERE email = ${String(email)}`;
  if (rows.length === 0 || !(await argon2.verify(rows[0].hash, String(formData.get("password"))))) redirect("/login?failed");
  const token = jwt.sign({ sub: rows[0].id }, process.env.JWT_SECRET!, { algorithm: "HS256", expiresIn: "1h" });
  cookies().set("session", token, { httpOnly: true, secure: true, sameSite: "lax" });
  redirect("/");
}
