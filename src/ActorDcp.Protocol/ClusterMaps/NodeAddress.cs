using System.Globalization;

namespace ActorDcp.Protocol.ClusterMaps;

/// <summary>Host and port. Two addresses are equal whatever the case of the host.</summary>
public readonly record struct NodeAddress
{
    /// <summary>Makes an address.</summary>
    /// <param name="host">Name or IP literal; brackets of an IPv6 literal are taken off.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <exception cref="ArgumentException">No host, or no such port.</exception>
    public NodeAddress(string host, int port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        Host = host is ['[', .. var literal, ']'] ? literal : host;
        Port = port;
    }

    /// <summary>Name or IP literal, without brackets.</summary>
    public string Host { get; }

    /// <summary>Port.</summary>
    public int Port { get; }

    /// <summary>Reads <c>host:port</c> or <c>[ipv6]:port</c>.</summary>
    /// <returns>False when it is neither.</returns>
    public static bool TryParse(string text, out NodeAddress address)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        if (colon > 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            && (text[0] == '[' ? text[colon - 1] == ']' && colon > 2 : text.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            address = new NodeAddress(text[..colon], port);
            return true;
        }
        address = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(NodeAddress other) =>
        Port == other.Port && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Port, Host is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(Host));

    /// <summary>As <c>host:port</c>, an IPv6 literal in brackets.</summary>
    public override string ToString() =>
        Host is null ? "" : string.Create(
            CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}
