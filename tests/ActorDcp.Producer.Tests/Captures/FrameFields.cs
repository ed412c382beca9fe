using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>A frame taken apart into named fields, so that two can be compared one by one.</summary>
internal sealed partial class FrameFields
{
    private readonly List<KeyValuePair<string, string>> _fields = [];
    private readonly RecordedNames _names;
    private readonly int _vbucket;

    private FrameFields(RecordedNames names, int vbucket)
    {
        _names = names;
        _vbucket = vbucket;
    }

    /// <summary>Cas values and uuids that are the frame's own, each with where it is one.</summary>
    public List<(string Field, ulong Value, int Scope)> Names { get; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> All => _fields;

    /// <summary>Takes a frame apart.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="names">Cas values and uuids of the recording, and what they are in this run.</param>
    /// <param name="vbucket">The vbucket that was asked, when it is an answer.</param>
    public static FrameFields Of(RawFrame frame, RecordedNames names, int vbucket)
    {
        var fields = new FrameFields(names, frame.Header.IsResponse ? vbucket : frame.Header.VBucketOrStatus);
        fields.Read(frame);
        return fields;
    }

    public static string Describe(RawFrame frame)
    {
        var header = frame.Header;
        var kind = header.IsServerInitiated ? "server" : header.IsResponse ? "answer" : "message";
        return $"{kind} {(header.IsServerInitiated ? ((ServerOpcode)header.Opcode).ToString() : header.Opcode.ToString())}";
    }

    private void Read(RawFrame frame)
    {
        var header = frame.Header;
        Add("magic", ((byte)header.Magic).ToString("x2", CultureInfo.InvariantCulture));
        Add(header.IsResponse ? "status" : "vbucket", header.IsResponse ? header.Status.ToString() : header.VBucketOrStatus.ToString(CultureInfo.InvariantCulture));
        Add("datatype", header.Datatype.ToString());
        if (header.Opcode != Opcode.DcpNoop)
            Add("opaque", header.Opaque.ToString("x", CultureInfo.InvariantCulture));
        AddName("cas", header.Cas, _vbucket);
        AddFraming(frame.FramingExtras);
        AddExtras(frame);
        if (header is { IsResponse: true, Opcode: Opcode.Stat } && frame.Key.Length > 0)
        {
            Add($"stat[{Text(frame.Key)}]", Text(frame.Value));
            return;
        }
        Add("key", Text(frame.Key));
        AddValue(frame);
    }

    private void AddFraming(byte[] framing)
    {
        if (framing.Length == 3 && framing[0] == 0x02)
            Add("framing.duration", Convert.ToHexStringLower(framing[1..]));
        else
            Add("framing", Convert.ToHexStringLower(framing));
    }

    private void AddExtras(RawFrame frame)
    {
        var extras = frame.Extras;
        switch (frame.Opcode)
        {
            case Opcode.DcpMutation when extras.Length == 31:
                AddNumbers(extras, ("seqno", 8), ("rev", 8), ("flags", 4), ("expiry", 4), ("locktime", 4), ("nmeta", 2), ("frequency", 1));
                break;
            case Opcode.DcpDeletion or Opcode.DcpExpiration when !frame.Header.IsResponse:
                if (extras.Length == 18)
                    AddNumbers(extras, ("seqno", 8), ("rev", 8), ("nmeta", 2));
                else
                    AddNumbers(extras, ("seqno", 8), ("rev", 8), ("deleted", 4), ("rest", extras.Length - 20));
                break;
            case Opcode.DcpSnapshotMarker when extras.Length == 20:
                AddNumbers(extras, ("start", 8), ("end", 8), ("flags", 4));
                break;
            case Opcode.GetMeta when extras.Length == 21:
                AddNumbers(extras, ("deleted", 4), ("flags", 4), ("expiry", 4), ("rev", 8), ("datatype", 1));
                break;
            default:
                if (frame.Header.IsServerInitiated && extras.Length == 16)
                    AddNumbers(extras, ("revEpoch", 8), ("rev", 8));
                else if (frame.Header.IsResponse && extras.Length == 16)
                {
                    AddName("extras.uuid", BinaryPrimitives.ReadUInt64BigEndian(extras));
                    Add("extras.seqno", BinaryPrimitives.ReadUInt64BigEndian(extras.AsSpan(8)).ToString(CultureInfo.InvariantCulture));
                }
                else
                    Add("extras", Convert.ToHexStringLower(extras));
                break;
        }
    }

    private void AddNumbers(byte[] extras, params (string Name, int Length)[] parts)
    {
        var at = 0;
        foreach (var (name, length) in parts)
        {
            ulong number = 0;
            foreach (var digit in extras.AsSpan(at, length))
                number = number << 8 | digit;
            Add($"extras.{name}", number.ToString(CultureInfo.InvariantCulture));
            at += length;
        }
    }

    private void AddValue(RawFrame frame)
    {
        var header = frame.Header;
        var value = CorpusOfValues.Inflated(frame);
        if (header.IsResponse && header.Opcode == Opcode.Helo && header.Status == Status.Success)
            foreach (var code in value.Chunk(2))
                Add($"value.granted[{(HelloFeature)(code[0] << 8 | code[1])}]", "yes");
        else if (header.IsResponse && header.Opcode is Opcode.SaslAuth or Opcode.SaslStep && value.Length > 0 && value[0] != '{')
            AddScram(Encoding.UTF8.GetString(value));
        else if (header.IsResponse && IsLog(header) && header.Status == Status.Success && value.Length % 16 == 0)
            AddLog(value);
        else if (header is { IsResponse: true, Opcode: Opcode.ObserveSeqno, Status: Status.Success } && value.Length >= 27)
            AddObserved(value);
        else if (header is { IsResponse: true, Opcode: Opcode.SubdocMultiLookup } && value is not [(byte)'{', ..])
            AddPaths(WithNames(value));
        else if (header.IsServerInitiated || (header.IsResponse && ((header.Datatype & Datatype.Json) != 0 || (value is [(byte)'{', ..] && header.Opcode != Opcode.Get))))
            AddJson(value, "value");
        else
            Add("value", Text(WithNames(value)));
    }

    private static bool IsLog(FrameHeader header) =>
        header.Opcode is Opcode.DcpStreamReq or Opcode.DcpGetFailoverLog or Opcode.GetFailoverLog;

    private void AddLog(byte[] value)
    {
        var index = 0;
        foreach (var entry in value.Chunk(16))
        {
            AddName($"value.log[{index}].uuid", BinaryPrimitives.ReadUInt64BigEndian(entry));
            Add($"value.log[{index++}].seqno", BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(8)).ToString(CultureInfo.InvariantCulture));
        }
    }

    private void AddObserved(byte[] value)
    {
        Add("value.format", value[0].ToString(CultureInfo.InvariantCulture));
        Add("value.vbucket", Convert.ToHexStringLower(value.AsSpan(1, 2)));
        AddName("value.uuid", BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(3)));
        Add("value.persisted", BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(11)).ToString(CultureInfo.InvariantCulture));
        Add("value.current", BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(19)).ToString(CultureInfo.InvariantCulture));
        if (value.Length < 43)
            return;
        AddName("value.olduuid", BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(27)));
        Add("value.lastseen", BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(35)).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>@0 u16 status; @2 u32 length; the path's value.</summary>
    private void AddPaths(byte[] value)
    {
        var at = 0;
        for (var index = 0; at + 6 <= value.Length; index++)
        {
            Add($"value.path[{index}].status", Convert.ToHexStringLower(value.AsSpan(at, 2)));
            var length = Math.Min(BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(at + 2)), value.Length - at - 6);
            var found = value.AsSpan(at + 6, length).ToArray();
            at += 6 + length;
            if (found is [(byte)'{', ..])
                AddJson(found, found.AsSpan().IndexOf("\"deleted\":true"u8) >= 0 ? $"value.tombstone[{index}]" : $"value.path[{index}]");
            else
                Add($"value.path[{index}]", Text(found));
        }
        Add("value.rest", Text(value[at..]));
    }

    private void AddScram(string message)
    {
        foreach (var attribute in message.Split(','))
            Add($"value.scram[{attribute[0]}]", attribute.Length > 2 ? attribute[2..] : "");
    }

    private void AddJson(byte[] value, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            Flatten(path, document.RootElement);
        }
        catch (JsonException)
        {
            Add(path, Text(value));
        }
    }

    private void Flatten(string path, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                    Flatten($"{path}.{property.Name}", property.Value);
                break;
            case JsonValueKind.Array when element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) && element.GetArrayLength() > 0
                && !path.EndsWith("serverList", StringComparison.Ordinal):
                foreach (var item in element.EnumerateArray())
                    Add($"{path}[{item.GetString()}]", "yes");
                break;
            case JsonValueKind.Array when element.GetArrayLength() > 0 && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("uid", out _)):
                foreach (var item in element.EnumerateArray())
                    Flatten($"{path}[{item.GetProperty("uid").GetString()}]", item);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                    Flatten($"{path}[{index++}]", item);
                break;
            default:
                Add(path, element.GetRawText());
                break;
        }
    }

    private void AddName(string field, ulong value, int scope = RecordedNames.Everywhere)
    {
        if (value != 0)
            Names.Add((field, value, scope));
        Add(field, _names.Now(value, scope).ToString("x16", CultureInfo.InvariantCulture));
    }

    /// <summary>A value in which names stand as text, as macros and virtual attributes write them.</summary>
    private byte[] WithNames(byte[] value)
    {
        var text = Encoding.Latin1.GetString(value);
        var named = NameInText().Replace(text, match =>
        {
            var name = ulong.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var swapped = BinaryPrimitives.ReverseEndianness(name);
            if (_names.Now(swapped, _vbucket) is var now && now != swapped)
                return $"0x{BinaryPrimitives.ReverseEndianness(now):x16}";
            now = _names.Now(name, _vbucket);
            return $"0x{(now != name ? now : _names.Now(name, RecordedNames.Everywhere)):x16}";
        });
        return ReferenceEquals(text, named) ? value : Encoding.Latin1.GetBytes(named);
    }

    [GeneratedRegex("0x([0-9a-f]{16})")]
    private static partial Regex NameInText();

    private void Add(string field, string value) => _fields.Add(new KeyValuePair<string, string>(field, value));

    private static string Text(byte[] bytes)
    {
        var isText = bytes.All(b => b is >= 0x20 and < 0x7f);
        return isText ? Encoding.ASCII.GetString(bytes) : Convert.ToHexStringLower(bytes);
    }
}
