using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ActorDcp.Client;

/// <summary>HTTP to a node's management service, with the connection's own name lookup, certificates and login.</summary>
internal static class ManagementHttp
{
    internal static HttpClient Create(KvConnectionOptions options, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            // TLS too is ours, so that its refusals read the same on every port
            ConnectCallback = async (_, cancellation) => await Connector.ConnectAsync(options, time, cancellation).ConfigureAwait(false),
        };
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = Protocol.FrameScanner.DefaultMaxFrameLength };
    }

    internal static HttpRequestMessage Get(KvConnectionOptions options, string path)
    {
        // always http: the stream below is encrypted already where it is to be
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{options.Endpoint}{path}"));
        request.Headers.UserAgent.TryParseAdd(options.AgentName);
        if (options.Credentials is { } credentials && options.Tls?.ClientCertificateFile is null)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}")));
        return request;
    }

    internal static void RequireSuccess(HttpResponseMessage answer, KvConnectionOptions options)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var code = (int)answer.StatusCode;
        throw answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new KvConfigurationException(
                $"{options.Endpoint} refused the login of user '{options.Credentials?.User}' over HTTP ({code}). Check user and password, and that the user exists on this cluster")
            { Setting = "Password" },
            HttpStatusCode.Forbidden => new KvConfigurationException(
                $"{options.Endpoint} refused bucket '{options.Bucket}' to user '{options.Credentials?.User}' over HTTP ({code}). Give the user a role on this bucket")
            { Setting = "User" },
            HttpStatusCode.NotFound => new KvConfigurationException(
                $"{options.Endpoint} knows no bucket '{options.Bucket}' ({code} over HTTP). Check the bucket's name")
            { Setting = "Bucket" },
            _ => new KvConnectionException($"{options.Endpoint} answered {code} over HTTP"),
        };
    }

    /// <summary>What a failed exchange means; a refusal of certificates comes through as it is.</summary>
    internal static Exception Fault(KvConnectionOptions options, Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
            if (inner is KvConfigurationException or KvConnectionException)
                return inner;
        return new KvConnectionException($"{options.Endpoint} does not answer over HTTP: {exception.Message}", exception);
    }
}
