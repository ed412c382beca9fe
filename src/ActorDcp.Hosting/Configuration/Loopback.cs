using System.Net;

namespace ActorDcp.Hosting.Configuration;

/// <summary>Tells whether an address can be reached from this machine only.</summary>
internal static class Loopback
{
    public static bool Is(string host)
    {
        var name = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return string.Equals(name, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
    }
}
