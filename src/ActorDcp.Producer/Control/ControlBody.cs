using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorDcp.Protocol;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Producer.Control;

/// <summary>The JSON object of a request, read field by field. What is not read is refused, so that a typing error is not a fault that never comes.</summary>
internal sealed class ControlBody
{
    private readonly JsonObject _fields;
    private readonly HashSet<string> _known = [];

    private ControlBody(JsonObject fields) => _fields = fields;

    public static async Task<ControlBody> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength is null or 0 && !context.Request.Headers.ContainsKey("Transfer-Encoding"))
            return new ControlBody([]);
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) is JsonObject fields
                ? new ControlBody(fields)
                : throw Wrong("the body is no object", "send a JSON object");
        }
        catch (JsonException exception)
        {
            throw Wrong($"the body is no JSON ({exception.Message})", "send a JSON object");
        }
    }

    public long Number(string name, long smallest, long largest, long? fallback = null)
    {
        var text = Text(name);
        if (text is null && fallback is { } value)
            return value;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= smallest && number <= largest
            ? number
            : throw Wrong($"{name} is {text ?? "missing"}", $"give a whole number from {smallest} to {largest}");
    }

    public bool Flag(string name, bool fallback) => Text(name) switch
    {
        null => fallback,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw Wrong($"{name} is {text}", "give true or false"),
    };

    public TimeSpan Milliseconds(string name) => TimeSpan.FromMilliseconds(Number(name, 0, 86_400_000));

    public Status Status(string name) => Code<Status>(name, ushort.MaxValue) is { } code
        ? (Status)code
        : throw Wrong($"{name} is missing", $"give a number, or one of {string.Join(", ", Enum.GetNames<Status>())}");

    public Opcode? Opcode(string name) => Code<Opcode>(name, byte.MaxValue) is { } code ? (Opcode)code : null;

    public T Choice<T>(string name)
        where T : struct, Enum =>
        Enum.TryParse<T>(Text(name), ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : throw Wrong($"{name} is {Text(name) ?? "missing"}", $"give one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");

    /// <summary>Refuses what nobody asked for.</summary>
    public void End()
    {
        if (_fields.Select(pair => pair.Key).FirstOrDefault(key => !_known.Contains(key)) is { } unknown)
            throw Wrong($"{unknown} is not known here", _known.Count == 0 ? "leave it out" : $"this call takes {string.Join(", ", _known)}");
    }

    private static ControlException Wrong(string error, string mend) => new(StatusCodes.Status400BadRequest, error, mend);

    /// <summary>A code by number, in decimal or with 0x, or by name.</summary>
    private int? Code<T>(string name, int largest)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
            return null;
        var isHexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (int.TryParse(isHexadecimal ? text[2..] : text, style, CultureInfo.InvariantCulture, out var number) && number <= largest)
            return number;
        return Enum.TryParse<T>(text, ignoreCase: true, out var value)
            ? Convert.ToInt32(value, CultureInfo.InvariantCulture)
            : throw Wrong($"{name} is {text}", $"give a number up to 0x{largest:x}, or one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    private string? Text(string name)
    {
        _known.Add(name);
        return _fields[name]?.ToString();
    }
}
