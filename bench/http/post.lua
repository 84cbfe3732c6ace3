wrk.method = "POST"
wrk.path = "/echo"
wrk.body = '{"name":"Ada","qty":3}'
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency)
	local e = summary.errors
	io.write(string.format('WARD {"rps":%.1f,"p50":%d,"p99":%d,"errors":%d}\n', summary.requests / summary.duration * 1e6,
		latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
