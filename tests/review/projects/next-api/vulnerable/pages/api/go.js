export default function handler(req, res) {
	res.redirect(req.query.to); // expect: js-open-redirect
}
