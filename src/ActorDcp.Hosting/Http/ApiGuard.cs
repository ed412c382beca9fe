using System.Security.Cryptography;
using System.Text;
using ActorDcp.Hosting.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace ActorDcp.Hosting.Http;

/// <summary>
/// Who may call: the bearer of the token where one is configured, for reading too. Without a token only requests that name this
/// machine in Host pass, so that a web page cannot reach a member by a name of its own; a POST must not come from another origin.
/// </summary>
internal sealed class ApiGuard(IOptions<ActorDcpOptions> options)
{
    private const string Scheme = "Bearer ";
    private readonly HttpOptions _http = options.Value.Http;

    public RequestDelegate Protect(RequestDelegate next) => context =>
        Refusal(context) is { } refusal
            ? ApiAnswers.WriteAsync(context, refusal.Status, refusal.Error, ApiJson.Default.ApiError)
            : next(context);

    private (int Status, ApiError Error)? Refusal(HttpContext context)
    {
        if (!string.IsNullOrEmpty(_http.Token))
        {
            if (!HasToken(context.Request))
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return (StatusCodes.Status401Unauthorized, new ApiError("the token is missing or wrong", "send it as Authorization: Bearer TOKEN"));
            }
        }
        else if (!Loopback.Is(_http.Host))
        {
            return (StatusCodes.Status401Unauthorized, new ApiError("no token is configured, and this address is off loopback", "configure ActorDcp:Http:TokenFile"));
        }
        else if (!IsOwnName(context.Request.Host.Host))
        {
            return (StatusCodes.Status403Forbidden, new ApiError($"Host \"{context.Request.Host.Host}\" is not this member", $"call it as {_http.Host}"));
        }
        return HttpMethods.IsGet(context.Request.Method) || IsOwnOrigin(context.Request)
            ? null
            : (StatusCodes.Status403Forbidden, new ApiError("the request comes from another origin", "call the member directly, not from a page of another site"));
    }

    private bool HasToken(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        // digests have one length, so the comparison tells nothing about the token's own
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        var wanted = SHA256.HashData(Encoding.UTF8.GetBytes(_http.Token!));
        return CryptographicOperations.FixedTimeEquals(given, wanted);
    }

    private bool IsOwnName(string host) =>
        Loopback.Is(host) || string.Equals(host, _http.Host, StringComparison.OrdinalIgnoreCase);

    private static bool IsOwnOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
            return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && string.Equals(uri.Scheme, request.Scheme, StringComparison.OrdinalIgnoreCase)
            && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
